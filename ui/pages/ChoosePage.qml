// One question with a few answers, one below the other.
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property var options: view.options || []
    Column {
        id: list
        width: parent.width
        // What is pressed lies in the lower two thirds.
        y: Theme.wide ? 0 : Math.max(0, Math.min(parent.height - height, Bridge.stageHeight / 3 - parent.y - page.y - 164))
        spacing: Theme.gap
        readonly property int each: Math.min(Theme.px(190), (parent.height - (page.options.length - 1) * Theme.gap) / Math.max(1, page.options.length))
        Repeater {
            model: page.options
            OptionButton {
                required property var modelData
                objectName: modelData.key
                width: list.width
                height: list.each
                title: modelData.title
                hint: modelData.hint
                iconName: modelData.icon
                tone: modelData.tone
                available: modelData.enabled
                onClicked: Bridge.answer(modelData.key)
            }
        }
    }
}
