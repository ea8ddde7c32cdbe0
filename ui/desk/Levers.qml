// One device, or the centre: how it is, what can be done there, and what can be made to go wrong.
import QtQuick
import "../components"

Panel {
    id: part
    property var acts: []             // [{key, text}]: what a person does
    required property var levers      // [{key, text}]: what goes wrong
    property var stand: []            // keys of those that stand
    property string wellText
    property bool dense: false
    property string moreText          // one more thing to press; empty: none
    property bool sighted: false      // there is something to see before all that
    default property alias sights: sightColumn.data
    signal pressed(string key)
    signal well()
    signal more()

    extra: DeskButton {
        objectName: part.objectName + ".well"
        quiet: true
        iconName: "check"
        text: part.wellText
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
                    required property var modelData
                    objectName: part.objectName + "." + modelData.key
                    text: modelData.text
                    act: true
                    dense: part.dense
                    stands: part.stand.indexOf(modelData.key) >= 0
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
                    required property var modelData
                    objectName: part.objectName + "." + modelData.key
                    text: modelData.text
                    dense: part.dense
                    stands: part.stand.indexOf(modelData.key) >= 0
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
