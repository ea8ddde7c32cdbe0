// One device, or the centre: how it is, and what can be made to go wrong there.
import QtQuick
import "../components"

Panel {
    id: part
    required property var levers      // [{key, text}]
    property var stand: []            // keys of those that stand
    property string wellText
    property bool dense: false
    property string moreText          // one more thing to press; empty: none
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
