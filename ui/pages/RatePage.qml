// 好差评: five faces, nothing chosen beforehand, skipping as easy as rating.
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property var levels: view.levels || []
    leave: false
    Grid {
        id: grid
        width: parent.width
        columns: 1
        spacing: Theme.gap
        readonly property int each: Math.min(176, (parent.height - 4 * spacing) / 5)
        Repeater {
            model: page.levels
            OptionButton {
                required property var modelData
                objectName: modelData.key
                width: grid.width
                height: grid.each
                title: modelData.title
                iconName: "face-" + modelData.key
                onClicked: Bridge.answer(modelData.key)
            }
        }
    }
    foot: PushButton {
        objectName: "skip"
        anchors.right: parent.right
        width: Math.max(implicitWidth, 320)
        text: page.view.skip || ""
        onClicked: Bridge.answer("skip")
    }
}
