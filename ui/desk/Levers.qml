// The state of a device or of the centre, the acts of a person there, and the faults to set.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk.Desk

Panel {
    id: part
    property list<DeskLever> acts     // what a person does
    required property list<DeskLever> levers  // what goes wrong
    property bool dense: false
    property string moreText          // a further button; empty: none
    property bool sighted: false      // shows its sights above the levers
    default property alias sights: sightColumn.data
    signal pressed(string key)
    signal well()
    signal more()

    extra: DeskButton {
        objectName: part.objectName + ".well"
        quiet: true
        iconName: "check"
        text: qsTr("复原")
        onClicked: part.well()
    }
    content: Column {
        width: part.width - 32
        spacing: 12
        Column {
            id: sightColumn
            visible: part.sighted
            width: parent.width
        }
        Flow {
            visible: part.acts.length > 0
            width: parent.width
            spacing: part.dense ? 5 : 6
            Repeater {
                model: part.acts
                LeverChip {
                    required property DeskLever modelData
                    objectName: part.objectName + "." + modelData.key
                    text: modelData.text
                    act: true
                    dense: part.dense
                    stands: modelData.stands
                    onClicked: part.pressed(modelData.key)
                }
            }
        }
        Flow {
            width: parent.width
            spacing: part.dense ? 5 : 6
            Repeater {
                model: part.levers
                LeverChip {
                    required property DeskLever modelData
                    objectName: part.objectName + "." + modelData.key
                    text: modelData.text
                    dense: part.dense
                    stands: modelData.stands
                    onClicked: part.pressed(modelData.key)
                }
            }
            LeverChip {
                objectName: part.objectName + ".more"
                visible: part.moreText.length > 0
                text: part.moreText
                dense: part.dense
                Accessible.role: Accessible.Button
                onClicked: part.more()
            }
        }
    }
}
